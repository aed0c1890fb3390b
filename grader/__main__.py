"""`python -m grader` is `prep`."""

from grader.cli import main

if __name__ == "__main__":
    main(prog_name="prep")
