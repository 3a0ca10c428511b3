"""Print where a 2x2 matrix sends the corners of the unit square, and its determinant.

Usage: python grid.py a b c d      for the matrix with the rows (a b) and (c d)
"""

import sys

a, b, c, d = map(float, sys.argv[1:5])
for x, y in [(0, 0), (1, 0), (1, 1), (0, 1)]:
    print(f"({x}, {y})  ->  ({a * x + b * y:g}, {c * x + d * y:g})")
print("area is multiplied by", f"{a * d - b * c:g}")
