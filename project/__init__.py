"""The demo site: a photo gallery whose thumbnails are made on a pool."""
