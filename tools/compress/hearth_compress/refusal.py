"""What the user is told instead of a stack trace."""

BAD_INPUT = 2
CANNOT_COMPRESS = 3


class Refusal(Exception):
    """The command ends here with this text. Nothing has been written.

    code: BAD_INPUT when another model, file or option would do; CANNOT_COMPRESS when the model itself is in the way.
    """

    def __init__(self, text, code=BAD_INPUT):
        super().__init__(text)
        self.code = code


class Impossible(Exception):
    """One variant cannot be made; the text goes into the report and the others go on."""


def first_line(failure, limit=300):
    """The line of an exception's text that says something: the first, or the last after a trace in user code."""
    lines = str(failure).splitlines()
    if lines and lines[0].rstrip().endswith("in user code:"):
        lines.reverse()
    for line in lines:
        line = line.strip()
        if line:
            return line if len(line) <= limit else line[:limit] + " ..."
    return type(failure).__name__
