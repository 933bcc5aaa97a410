"""The review page: people put labels right, and every decision is kept and teaches the audit."""

from aleator.verb import make_verb

HOME_OF_VERB = "aleator.review.serve"
make_verb(__name__)
