"""One page that tells what a run did: `report.html`, from the folder of a run and the data it worked on."""

from evals.report.build import build_report

__all__ = ["build_report"]
