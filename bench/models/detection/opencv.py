"""Says beforehand whether OpenCV, which ultralytics reads images with, can be loaded in this environment."""

from __future__ import annotations

import importlib


def obstacle(module: str = "cv2") -> str:
    """Why ``module`` cannot be imported, with the cure; empty where it can.

    The sessions of noxfile.py install the build that needs no system library. Another environment may hold the desktop
    build, which links libGL, which servers and slim containers often lack.
    """
    try:
        importlib.import_module(module)
    except ImportError as error:
        return (
            f"OpenCV cannot be loaded ({error}): run through nox, which installs the build that needs no system library, "
            "or take it yourself: pip uninstall opencv-python; pip install --force-reinstall --no-deps opencv-python-headless"
        )
    return ""
