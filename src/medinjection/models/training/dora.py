"""DoRA with the weight norm computed once per optimizer step: same outputs and gradients as PEFT's, in less time.

PEFT computes ||W + s B A|| anew in every forward pass, through an identity matrix and two matrices of W's size. It is
detached (DoRA, arXiv 2402.09353, section 4.3), so it changes only when A or B do, and its square by row is
||W||² + 2s (W Aᵀ)·B + s² (B A Aᵀ)·B, of which the first term never changes (arXiv 2603.22276; peft#3387).

Optional: without `use_cached_norms` training is PEFT's own. Remove this module once PEFT computes the norm this way.
"""

from functools import cache
from types import SimpleNamespace
from typing import Any, NamedTuple


def use_cached_norms(model: Any) -> int:
    """Give each DoRA layer over a plain linear layer of `model` (a PeftModel) the forward of this module.

    Returns:
        Number of layers switched. Other layers stay as they are, and so do merging, unmerging and saving.
    """
    from peft.tuners.lora.layer import Linear
    from peft.tuners.lora.variants import DoraLinearVariant
    from torch import nn

    _optimizer_steps()
    switched = 0
    for module in model.modules():
        if type(module) is not Linear or type(module.get_base_layer()) is not nn.Linear or module.fan_in_fan_out:
            continue
        for adapter, variant in module.lora_variant.items():
            if type(variant) is DoraLinearVariant and module.lora_B[adapter].bias is None:
                module.lora_variant[adapter] = _variant_class()()
                switched += 1
        # PEFT's cast of the input to the adapter's float32 would be undone at once: A and B are cast instead.
        if all(type(variant) is _variant_class() for variant in module.lora_variant.values()):
            module.cast_input_dtype_enabled = not set(module.lora_A) <= set(module.lora_variant)
    return switched


class CachedNorm(NamedTuple):
    """A norm with what it was computed from: `kept` holds the tensors, so that no other can get their addresses."""

    key: tuple[Any, ...]
    kept: tuple[Any, ...]
    rows: Any
    norm: Any


def weight_norm(magnitude: Any, weight: Any, lora_a: Any, lora_b: Any, scaling: float) -> Any:
    """Return ||W + s B A|| by row, float32 (float64 for a float64 W), as kept in `magnitude` while all stays the same.

    Computed anew after an optimizer's step and where a tensor was written to (other than through `.data`, which leaves
    no trace), replaced or moved.
    """
    key = (_state(weight), _state(lora_a), _state(lora_b), scaling, _optimizer_steps().count)
    found: CachedNorm | None = getattr(magnitude, "cached_norm", None)
    if found is None or found.key != key:
        rows = None
        if found is not None and found.key[0] == key[0] and not weight.requires_grad:
            rows = found.rows
        rows, norm = _computed(weight, lora_a, lora_b, scaling, rows)
        found = CachedNorm(key, (weight.detach(), lora_a.detach(), lora_b.detach()), rows, norm)
        magnitude.cached_norm = found
    return found.norm


@cache
def _optimizer_steps() -> Any:
    """Return the count of optimizer steps in this process: fused optimizers leave the versions of tensors alone."""
    from torch.optim.optimizer import register_optimizer_step_post_hook

    steps = SimpleNamespace(count=0)

    def count(*_: Any) -> None:
        steps.count += 1

    register_optimizer_step_post_hook(count)
    return steps


def _state(tensor: Any) -> tuple[Any, ...]:
    return tensor._version, tensor.data_ptr(), tensor.dtype, tensor.device


def _computed(weight: Any, lora_a: Any, lora_b: Any, scaling: float, rows: Any) -> tuple[Any, Any]:
    """Return ||W||² by row, or `rows` where they are known, and the norm."""
    import torch

    dtype = torch.promote_types(weight.dtype, torch.float32)
    # Not as an inference tensor: what prediction computed, training may use.
    with torch.inference_mode(False), torch.no_grad(), torch.autocast(weight.device.type, enabled=False):
        if rows is None:
            rows = torch.linalg.vector_norm(weight, dim=1, dtype=dtype).square_()
        a, b = lora_a.to(dtype), lora_b.to(dtype)
        cross_and_gram = (weight.to(dtype) @ a.T).mul_(2).addmm_(b, a @ a.T, alpha=scaling)
        return rows, torch.linalg.vecdot(cross_and_gram, b).mul_(scaling).add_(rows).sqrt_()


@cache
def _variant_class() -> type:
    """Return the variant that replaces PEFT's; made here because PEFT is slow to import."""
    import torch
    from peft.tuners.lora.variants import DoraLinearVariant
    from torch import nn

    norm_of, scaled_sum = torch.compiler.disable(weight_norm), _scaled_sum_class()

    class CachedNormVariant(DoraLinearVariant):
        """PEFT's DoRA with another forward."""

        @staticmethod
        def forward(module: Any, active_adapter: str, x: Any, result: Any, **_: Any) -> Any:
            base = module.get_base_layer()
            a, b = module.lora_A[active_adapter].weight, module.lora_B[active_adapter].weight
            magnitude, scaling = module.lora_magnitude_vector[active_adapter], module.scaling[active_adapter]
            norm = norm_of(magnitude, base.weight, a, b, scaling)
            inputs, product = x.to(result.dtype), None
            dropout = module.lora_dropout[active_adapter]
            if module.training and not isinstance(dropout, nn.Identity):
                # DoRA scales the base product of the very inputs that the adapter sees: a second product.
                inputs = dropout(inputs)
                product = nn.functional.linear(inputs, base.weight.to(result.dtype))
            return scaled_sum.apply(inputs, result, product, a, b, magnitude.weight, norm, base.bias, scaling)

    return CachedNormVariant


@cache
def _scaled_sum_class() -> Any:
    """Return the differentiable function of a DoRA layer, with as few passes over activations as it takes."""
    import torch
    from torch.autograd.function import once_differentiable

    class ScaledSum(torch.autograd.Function):
        """DoRA's output, with scale = magnitude / norm, from the base layer's `result` for the undropped inputs.

        Without dropout  (result - bias + s inputs Aᵀ Bᵀ) scale + bias, else with `product`, of the dropped inputs and
        W, result - product + (product + s inputs Aᵀ Bᵀ) scale. Arrays are [..., in or out], A [r, in], B [out, r].
        """

        @staticmethod
        def forward(
            ctx: Any, x: Any, result: Any, product: Any, a: Any, b: Any, m: Any, norm: Any, bias: Any, s: Any
        ) -> Any:
            scale = m.to(norm.dtype) / norm
            rows, base = x.flatten(0, -2), result.flatten(0, -2)
            lowered = rows @ a.to(x.dtype).T
            out = torch.empty_like(base)
            if product is not None:
                torch.addcmul(base, product.flatten(0, -2), scale - 1, out=out)
            elif bias is not None:
                torch.addcmul(bias - bias * scale, base, scale, out=out)
            else:
                torch.mul(base, scale, out=out)
            out = out.addmm_(lowered, (b * (scale * s)[:, None]).to(x.dtype).T).view(result.shape)
            ctx.save_for_backward(x, lowered, result if product is None else product, a, b, m, norm, bias)
            ctx.scaling, ctx.dropped = s, product is not None
            return out

        @staticmethod
        @once_differentiable
        def backward(ctx: Any, gradient: Any) -> Any:
            x, lowered, kept, a, b, m, norm, bias = ctx.saved_tensors
            s, scale = ctx.scaling, m.to(norm.dtype) / norm
            g, kept = gradient.reshape(-1, norm.numel()), kept.flatten(0, -2)
            to_lowered = g @ (b * (scale * s)[:, None]).to(x.dtype)
            to_x = (to_lowered @ a.to(x.dtype)).view(x.shape) if ctx.needs_input_grad[0] else None
            to_a = (to_lowered.T @ x.flatten(0, -2)).to(a.dtype)
            across = (g.T @ lowered).to(norm.dtype)
            to_b = (across * (scale * s)[:, None]).to(b.dtype)
            to_scale = torch.sum(g * kept, 0, dtype=norm.dtype) + torch.linalg.vecdot(across, b.to(norm.dtype)) * s
            shift = torch.empty_like(kept)
            if ctx.dropped:
                to_product = torch.mul(g, scale - 1, out=shift).view(gradient.shape)
                return to_x, gradient, to_product, to_a, to_b, (to_scale / norm).to(m.dtype), None, None, None
            to_bias = None
            if bias is not None:
                received = torch.sum(g, 0, dtype=norm.dtype)
                to_scale -= received * bias
                to_bias = (received * (1 - scale)).to(bias.dtype)
            to_result = torch.mul(g, scale, out=shift).view(gradient.shape)
            return to_x, to_result, None, to_a, to_b, (to_scale / norm).to(m.dtype), None, to_bias, None

    return ScaledSum
