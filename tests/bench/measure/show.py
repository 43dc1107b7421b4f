"""What a person sees: progress lines on standard error, tables on standard output."""
import sys
import time

STARTED = time.monotonic()


def say(text):
    """A line of progress."""
    print(f"[{time.monotonic() - STARTED:6.1f} s] {text}", file=sys.stderr, flush=True)


def table(heads, rows):
    """Text in columns: the first to the left, numbers to the right."""
    cells = [[str(cell) for cell in row] for row in [heads, *rows]]
    widths = [max(len(row[column]) for row in cells) for column in range(len(heads))]
    lines = []
    for row in cells:
        first, *others = (cell.ljust(width) if column == 0 else cell.rjust(width)
                          for column, (cell, width) in enumerate(zip(row, widths)))
        lines.append("  ".join([first, *others]).rstrip())
    return "\n".join(lines)


def markdown(heads, rows):
    lines = ["| " + " | ".join(heads) + " |", "|" + "|".join("---" if n == 0 else "--:" for n in range(len(heads))) + "|"]
    lines += ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines)


def size(count):
    """4096 as 4 KiB."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if count < 1024 or unit == "GiB":
            return f"{count:g} {unit}"
        count /= 1024


def mib(count):
    return "-" if count is None else f"{count / (1 << 20):.0f}"


def number(value, digits=None):
    """Three significant figures, thousands separated; a dash for what was not measured."""
    if value is None:
        return "-"
    if digits is None:
        digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return f"{value:,.{digits}f}"
