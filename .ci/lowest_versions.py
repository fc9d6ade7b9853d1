"""Print the lowest versions of the dependencies that setup.cfg allows, in the form that pip accepts."""

from configparser import ConfigParser

config = ConfigParser()
config.read("setup.cfg")
for requirement in config["options"]["install_requires"].split():
    print(requirement.replace(">=", "=="))
