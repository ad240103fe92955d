"""The pictures that the notebooks work on."""

from convcourse.data.birds import BirdsVsAirplanes, birds_vs_airplanes
from convcourse.data.fashion import CLASSES, FashionMNISTFiles, fashion_mnist
from convcourse.data.idx import DataError

__all__ = ["CLASSES", "BirdsVsAirplanes", "DataError", "FashionMNISTFiles", "birds_vs_airplanes", "fashion_mnist"]
