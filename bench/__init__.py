"""Computes: trains, evaluates and writes records. The only place that imports torch, torchvision and ultralytics."""
