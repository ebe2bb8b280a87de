"""Small things by subject, without Django: dates, numbers, sorting, CSV, errors, text marking."""
