"""Items: how they are kept, and the operations that read and write them."""
