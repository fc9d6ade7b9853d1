"""``flask bandwidth``: a telephone in the terminal, and what helps to set one up."""

import click


@click.group()
def bandwidth() -> None:
    """Try a Bandwidth voice application, and look into it."""
