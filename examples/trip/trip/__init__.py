"""A trip booking saga: a hotel, a flight and a car, or nothing."""
