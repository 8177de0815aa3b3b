"""The options that all contests have."""

import os
from argparse import ArgumentParser, RawDescriptionHelpFormatter


def contest_parser(description: str, nets: list[str], contestants: list[str]) -> ArgumentParser:
    """A parser with nets, contestants if there is a choice of them, rounds and threads."""
    parser = ArgumentParser(description=description, formatter_class=RawDescriptionHelpFormatter)
    parser.add_argument("nets", nargs="*", default=nets, metavar="net", help=", ".join(nets))
    if contestants:
        parser.add_argument("--against", default=",".join(contestants), help="the contestants")
    parser.add_argument("--rounds", type=int, default=7, help="how often each takes its turn")
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="for each")
    return parser
