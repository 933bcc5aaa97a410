"""How long whole audits take on two cores, and a plain script of the same network beside them."""
