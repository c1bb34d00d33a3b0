"""KITTI object detection without torch: where its images lie, how labels are read, cut and handed to a trainer."""
