"""A photo gallery: upload images, get thumbnails made by the pool's workers."""
