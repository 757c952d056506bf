"""TensorFlow with Keras 2, which tensorflow-model-optimization needs, and Keras 3 beside it to read its files.

Both switches must be set before TensorFlow is imported, so every module gets it from here.
"""

import os

os.environ["TF_USE_LEGACY_KERAS"] = "1"
os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")

import logging
import warnings

warnings.filterwarnings("ignore")

import absl.logging
import tensorflow as tf
import tf_keras

absl.logging.set_verbosity(absl.logging.ERROR)
logging.getLogger("tensorflow").setLevel(logging.ERROR)

__all__ = ["tf", "tf_keras"]
