"""How quick the review page is, whether it keeps what it acknowledged, and what decisions bring."""
