"""Says beforehand whether OpenCV, which ultralytics reads images with, can be loaded on this machine."""

from __future__ import annotations

import importlib


def obstacle(module: str = "cv2") -> str:
    """Why ``module`` cannot be imported, with the cure; empty where it can.

    The wheel of opencv-python links the system's libGL, which servers and slim containers often lack.
    """
    try:
        importlib.import_module(module)
    except ImportError as error:
        return (
            f"OpenCV cannot be loaded ({error}): install the library that it names (Debian, Ubuntu: apt-get install libgl1), "
            "or take the build that needs none: pip install --force-reinstall --no-deps opencv-python-headless"
        )
    return ""
