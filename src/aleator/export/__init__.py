"""What Aleator found and made, in other tools' forms."""
