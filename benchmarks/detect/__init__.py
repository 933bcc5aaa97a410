"""How well wrong labels are found, unaided and with reviews, beside what others do with the same networks."""
