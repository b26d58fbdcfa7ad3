"""What a person does at the screen: from a key on rows to requests, questions and answers."""
