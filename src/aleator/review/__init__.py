"""The review page: people put labels right, and every decision is kept and teaches the audit."""
