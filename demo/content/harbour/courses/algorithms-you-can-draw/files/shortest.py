"""Shortest times from one landing to all others. Usage: python shortest.py harbour-graph.csv Pier"""

import csv
import heapq
import sys


def read_graph(path):
    graph = {}
    with open(path, newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            a, b, minutes = row["from"], row["to"], int(row["minutes"])
            graph.setdefault(a, []).append((b, minutes))
            graph.setdefault(b, []).append((a, minutes))
    return graph


def shortest(graph, start):
    times = {start: 0}
    queue = [(0, start)]
    while queue:
        time, place = heapq.heappop(queue)
        if time > times[place]:
            continue
        for neighbour, minutes in graph[place]:
            if time + minutes < times.get(neighbour, float("inf")):
                times[neighbour] = time + minutes
                heapq.heappush(queue, (time + minutes, neighbour))
    return times


if __name__ == "__main__":
    for place, time in shortest(read_graph(sys.argv[1]), sys.argv[2]).items():
        print(f"{time:4} {place}")
