"""The lesson data_scarcity at work: colour images of 32 x 32, each along an affine map of its own."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from grader.bench.contest import Call, Contest, References, peers, relative

_SIDE, _CENTRE = 32, 15.5


def affine_warp(ours: References, n: int) -> Contest:
    """Ours gets three planes an image, as its contract has it.

    The others get what is natural to them.
    """
    rng = np.random.default_rng(0)
    planes = rng.random((n, 3, _SIDE, _SIDE), dtype=np.float32)  # (n, 3, side, side)
    angles, shift = rng.uniform(-0.3, 0.3, n), rng.uniform(-3, 3, (n, 2, 1))
    # (n, 2, 2), and with the shift (n, 2, 3)
    turn = np.stack([np.cos(angles), -np.sin(angles), np.sin(angles), np.cos(angles)], -1).reshape(n, 2, 2)
    # From output (row, column, 1), both counted from the centre.
    matrices = np.concatenate([turn, shift], -1).astype(np.float32)

    others = peers(
        scipy_ndimage=("scipy", partial(_scipy, planes, matrices)),
        opencv=("cv2", partial(_opencv, planes, matrices)),
        torch=("torch", partial(_torch, planes, matrices)),
    )
    rivals = {"torch": lambda: _torch(planes, matrices, "cuda")}
    error = relative(_exact(planes, matrices))
    arrays = planes.reshape(-1, _SIDE, _SIDE), np.repeat(matrices, 3, axis=0)
    return Contest(
        ours["affine_warp"],
        arrays,
        others,
        lambda got: error(np.reshape(got, planes.shape)),
        moved=2.0 * planes.nbytes,
        rivals=rivals,
    )


def _from_corner(matrices: np.ndarray) -> np.ndarray:
    """The same maps in float64 between places counted from the first pixel."""
    turn, shift = matrices[:, :, :2].astype(np.float64), matrices[:, :, 2].astype(np.float64)
    return np.concatenate([turn, (shift + _CENTRE - turn.sum(-1) * _CENTRE)[..., None]], -1)


def _exact(planes: np.ndarray, matrices: np.ndarray) -> np.ndarray:
    """Bilinear sampling in float64, the image in a field of zeros, pixel by pixel."""
    from scipy.ndimage import map_coordinates

    rows, columns = np.indices((_SIDE, _SIDE)).reshape(2, -1)  # (side * side,)
    places = _from_corner(matrices) @ np.stack([rows, columns, np.ones_like(rows)])  # (n, 2, side * side)
    warped = [
        map_coordinates(plane, place, order=1, mode="grid-constant")
        for image, place in zip(planes.astype(float), places, strict=True)
        for plane in image
    ]
    return np.reshape(warped, planes.shape)


def _scipy(planes: np.ndarray, matrices: np.ndarray) -> Call:
    from scipy.ndimage import affine_transform

    maps = _from_corner(matrices)

    def warp() -> np.ndarray:
        out = np.empty_like(planes)
        for image, matrix, target in zip(planes, maps, out, strict=True):
            for plane, into in zip(image, target, strict=True):
                affine_transform(plane, matrix[:, :2], matrix[:, 2], output=into, order=1, mode="grid-constant")
        return out

    return warp


def _opencv(planes: np.ndarray, matrices: np.ndarray) -> Call:
    """On images with their colours last, as OpenCV has them.

    Its result is turned into planes where it is compared.
    """
    import cv2

    images, maps = np.ascontiguousarray(np.moveaxis(planes, 1, 3)), _from_corner(matrices)
    maps = np.concatenate([maps[:, ::-1, 1::-1], maps[:, ::-1, 2:]], -1)  # (x, y) is (column, row)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP

    def warp() -> np.ndarray:
        out = np.empty_like(images)
        for image, matrix, target in zip(images, maps, out, strict=True):
            cv2.warpAffine(image, matrix, (_SIDE, _SIDE), dst=target, flags=flags)
        return np.moveaxis(out, 3, 1)  # a view

    return warp


def _torch(planes: np.ndarray, matrices: np.ndarray, device: str = "cpu") -> Call:
    import torch

    batch = torch.from_numpy(planes).to(device)
    # PyTorch has (x, y), which is (column, row), and counts an axis from -1 to 1.
    theta = torch.from_numpy(
        np.concatenate([matrices[:, ::-1, 1::-1], matrices[:, ::-1, 2:] / np.float32(_CENTRE)], -1)
    ).to(device)

    def warp() -> Any:
        grid = torch.nn.functional.affine_grid(theta, list(batch.shape), align_corners=True)
        return torch.nn.functional.grid_sample(batch, grid, padding_mode="zeros", align_corners=True).cpu().numpy()

    return warp
