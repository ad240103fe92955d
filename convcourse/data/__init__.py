"""The pictures that the notebooks work on."""

from convcourse.data.fashion import CLASSES, FashionMNISTFiles, fashion_mnist
from convcourse.data.idx import DataError

__all__ = ["CLASSES", "DataError", "FashionMNISTFiles", "fashion_mnist"]
