"""The fault campaign: kills, full disks, malformed files, two at once, attacks.

`make torture` runs all of it; the tests run a short form. What it promises stands in docs/reliability.md."""
