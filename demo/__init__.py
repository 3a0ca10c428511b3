"""The demo: two schools with their courses, people, and the pictures and sounds made for them."""
