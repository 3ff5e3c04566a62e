"""Write a sample: `python data/generator --out data/sample`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

if not __package__:
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from generator import generate


def main() -> int:
    """Read the command line and write."""
    parser = argparse.ArgumentParser(
        prog="generator", description="Make up a support agent's traffic, with planted failures whose truth is known."
    )
    parser.add_argument("--out", type=Path, required=True, help="folder for the exports; made when absent")
    parser.add_argument("--truth", type=Path, help="folder for the truth (default: the folder `truth` beside --out)")
    parser.add_argument("--sessions", type=int, default=600, help="sessions of each release (default 600)")
    parser.add_argument("--seed", type=int, default=7, help="the same seed gives the same bytes (default 7)")
    parser.add_argument("--modes", type=int, default=8, help="how many failure modes occur, 1 to 25 (default 8)")
    asked = parser.parse_args()
    try:
        written = generate(
            asked.out,
            truth=asked.truth or asked.out.resolve().parent / "truth",
            sessions=asked.sessions,
            seed=asked.seed,
            modes=asked.modes,
        )
    except ValueError as error:
        parser.error(str(error))
    for name, size in written.items():
        print(f"{asked.out / name}: {size:,} bytes")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
