"""The lanes of the equalizer and the wallboard: who sits where, how each is drawn. Pure."""
