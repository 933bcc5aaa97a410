"""How long networks take with convolutions by Winograd's way and by the plain one."""
