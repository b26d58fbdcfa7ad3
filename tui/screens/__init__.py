"""The screens, one in a file. Each is a plain object that makes lines; none knows textual."""
