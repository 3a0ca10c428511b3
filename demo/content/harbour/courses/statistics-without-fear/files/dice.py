"""Roll n dice many times and draw the distribution of their mean with text.

Usage: python dice.py 5
"""

import random
import sys
from collections import Counter

dice = int(sys.argv[1]) if len(sys.argv) > 1 else 2
random.seed(4)
means = [round(sum(random.randint(1, 6) for _ in range(dice)) / dice, 1) for _ in range(5000)]
for value, count in sorted(Counter(means).items()):
    print(f"{value:4.1f} {'#' * (count // 12)}")
