"""Steps of the features, in the words of the field; all they do is call the library and look at what people see."""
