"""From texts, rows of tables and features to vectors that learners take; made once, kept with what learned on them."""
