"""The report: one self-contained page that shows what an audit found."""

from aleator.report.render import render_report

__all__ = ["render_report"]
