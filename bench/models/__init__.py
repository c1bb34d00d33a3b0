"""Networks and their trainers: what computes, whatever study asks for it."""
