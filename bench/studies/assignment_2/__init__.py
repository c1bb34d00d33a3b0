"""The student report of 2024: autoencoders on FashionMNIST, and YOLOv5s on KITTI."""
