"""compressedDepth as its publisher makes it, written from the format."""

import cv2
import numpy as np


def compressed_depth(pixels, coding='png', metres=False, maximum=10.0, quantum=100.0):
    """The data of compressedDepth, as its publisher makes it of millimetres or of metres."""
    a = b = 0.0
    if metres:
        a = quantum * (quantum + 1)
        b = 1 - a / maximum
        with np.errstate(divide='ignore', invalid='ignore'):
            inverse = np.where((pixels > 0) & (pixels < maximum), a / pixels + b, 0)
        pixels = inverse.astype(np.uint16)
    head = np.array([0], '<i4').tobytes() + np.array([a, b], '<f4').tobytes()
    if coding == 'png':
        return head + cv2.imencode('.png', pixels)[1].tobytes()
    return head + encode_rvl(pixels)


def encode_rvl(pixels):
    """RVL of (H, W) uint16, number by number as the paper says."""
    nibbles = []

    def put(number):
        while True:
            part, number = number & 7, number >> 3
            nibbles.append(part | (8 if number else 0))
            if not number:
                return

    flat, at, last = pixels.ravel().tolist(), 0, 0
    while at < len(flat):
        for is_run in (lambda value: value == 0, lambda value: value != 0):
            start = at
            while at < len(flat) and is_run(flat[at]):
                at += 1
            put(at - start)
        for value in flat[start:at]:
            step, last = value - last, value
            put(step * 2 if step >= 0 else -step * 2 - 1)
    nibbles += [0] * (-len(nibbles) % 8)
    words = [
        sum(nibble << (28 - 4 * k) for k, nibble in enumerate(nibbles[i : i + 8]))
        for i in range(0, len(nibbles), 8)
    ]
    size = np.array(pixels.shape[::-1], '<u4').tobytes()
    return size + np.array(words, '<u4').tobytes()
