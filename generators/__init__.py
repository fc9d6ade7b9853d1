"""Writers of the files that are made from the tables of the package.

``make docs`` runs them all. Each writer has the ``PATH`` of its file and a function ``text()`` that
returns what the file must hold; a test compares the two. The picture of the studio is an exception: pixels
differ between machines, so that it holds the digest of the page that it shows.
"""
