"""DoRA with a cached weight norm: PEFT's own forward is the reference for outputs, gradients and what merging gives."""

import copy

import pytest
import torch
from peft import LoraConfig, PeftModel, get_peft_model
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.checkpoint import checkpoint
from transformers import Qwen3Config, Qwen3ForCausalLM

from medinjection.models.training.dora import _scaled_sum_class, use_cached_norms, weight_norm

TARGETS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
LAYERS = 2
SWITCHED = LAYERS * len(TARGETS)
EXACT = {torch.float64: {"rtol": 1e-10, "atol": 1e-10}, torch.float32: {"rtol": 1e-4, "atol": 1e-5}}


class Small(nn.Module):
    """One linear layer, as PEFT wants it: inside a module."""

    def __init__(self, bias):
        super().__init__()
        self.projection = nn.Linear(6, 5, bias=bias)

    def forward(self, x):
        return self.projection(x)


class NormCounter(TorchDispatchMode):
    """Counts the products W Aᵀ that a norm takes, and the norms of rows of a matrix."""

    def __init__(self, model):
        super().__init__()
        self.weights = {m.base_layer.weight.data_ptr(): m.r["default"] for m in layers(model)}
        self.products = self.row_norms = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        out = func(*args, **(kwargs or {}))
        if func is torch.ops.aten.mm.default and self.weights.get(args[0].data_ptr()) == out.shape[-1]:
            self.products += 1
        self.row_norms += func is torch.ops.aten.linalg_vector_norm.default and args[0].dim() == 2
        return out


def layers(model):
    return [module for module in model.modules() if hasattr(module, "lora_magnitude_vector")]


def adapted(base, dtype=torch.float64, **options):
    """Return two equal models with an adapter that has learnt something: PEFT's and ours."""
    torch.manual_seed(1)
    config = LoraConfig(**{"r": 3, "lora_alpha": 5, "use_dora": True, "lora_dropout": 0.0, **options})
    reference = get_peft_model(base.to(dtype), config)
    with torch.no_grad():
        for name, parameter in reference.named_parameters():
            if "lora_B" in name:
                parameter.normal_(std=0.1)
            if "magnitude" in name:
                parameter.mul_(1 + 0.1 * torch.rand_like(parameter))
    ours = copy.deepcopy(reference)
    return reference, ours, use_cached_norms(ours)


def small(with_bias=False, dtype=torch.float64, **options):
    torch.manual_seed(0)
    return adapted(Small(with_bias), dtype, target_modules=["projection"], **options)


def qwen(dtype=torch.float64, **options):
    torch.manual_seed(0)
    config = Qwen3Config(
        vocab_size=40,
        hidden_size=16,
        intermediate_size=24,
        num_hidden_layers=LAYERS,
        num_attention_heads=2,
        num_key_value_heads=1,
        head_dim=8,
        attention_bias=True,
    )
    options = {"target_modules": TARGETS, "task_type": "CAUSAL_LM", **options}
    return adapted(Qwen3ForCausalLM(config), dtype, **options)


def tokens(seed=0, rows=3, length=7):
    return torch.randint(0, 40, (rows, length), generator=torch.Generator().manual_seed(seed))


def loss_of(model, ids):
    torch.manual_seed(5)
    return model(input_ids=ids, labels=ids).loss


def gradients(model):
    return {name: parameter.grad for name, parameter in model.named_parameters() if parameter.grad is not None}


def assert_same_step(reference, ours, dtype=torch.float64, seed=0):
    """Compare the loss and the gradients of one batch; leaves them in the models."""
    losses = []
    for model in (reference, ours):
        model.zero_grad()
        loss = loss_of(model, tokens(seed))
        loss.backward()
        losses.append(loss.detach())
    torch.testing.assert_close(losses[1], losses[0], **EXACT[dtype])
    expected, found = gradients(reference), gradients(ours)
    assert set(found) == set(expected)
    assert len(found) == 3 * SWITCHED
    for name, gradient in expected.items():
        torch.testing.assert_close(found[name], gradient, **EXACT[dtype], msg=lambda text, name=name: f"{name}: {text}")


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("dropout", [0.0, 0.3])
@pytest.mark.parametrize("shape", [(4, 6), (2, 3, 6)])
def test_a_layer_gives_the_outputs_and_gradients_of_peft(dtype, bias, dropout, shape):
    reference, ours, switched = small(bias, dtype, lora_dropout=dropout)
    assert switched == 1
    results = []
    for model in (reference, ours):
        x = torch.randn(shape, generator=torch.Generator().manual_seed(2), dtype=dtype, requires_grad=True)
        torch.manual_seed(3)
        out = model(x)
        out.backward(torch.randn(out.shape, generator=torch.Generator().manual_seed(4), dtype=dtype))
        results.append({"out": out.detach(), "x": x.grad, **gradients(model)})
    assert len(results[0]) == 5
    for name, expected in results[0].items():
        torch.testing.assert_close(results[1][name], expected, **EXACT[dtype])


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("dropped", [False, True])
def test_gradients_are_those_of_the_forward_by_finite_differences(bias, dropped):
    generator = torch.Generator().manual_seed(0)

    def made(*shape):
        return torch.randn(shape, generator=generator, dtype=torch.float64, requires_grad=True)

    norm = 1 + torch.rand(5, generator=generator, dtype=torch.float64)
    offset = made(5) if bias and not dropped else None
    inputs = (made(2, 3, 6), made(2, 3, 5), made(2, 3, 5) if dropped else None, made(4, 6), made(5, 4), made(5))
    assert torch.autograd.gradcheck(_scaled_sum_class().apply, (*inputs, norm, offset, 0.7))


def test_a_trained_bias_gets_its_gradient():
    for dropout in (0.0, 0.3):
        reference, ours, _ = small(True, bias="lora_only", lora_dropout=dropout)
        found = []
        for model in (reference, ours):
            torch.manual_seed(3)
            model(torch.ones(4, 6, dtype=torch.float64)).square().sum().backward()
            found.append(gradients(model))
        assert len(found[0]) == 4
        torch.testing.assert_close(found[1], found[0])


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@pytest.mark.parametrize("dropout", [0.0, 0.3])
def test_a_model_trains_as_with_peft(dtype, dropout):
    reference, ours, switched = qwen(dtype, lora_dropout=dropout)
    assert switched == SWITCHED
    optimizers = [torch.optim.AdamW(model.parameters(), lr=1e-3) for model in (reference, ours)]
    for step in range(3):
        assert_same_step(reference, ours, dtype, seed=step)
        for optimizer in optimizers:
            optimizer.step()
    for model in (reference, ours):
        model.eval()
    with torch.no_grad():
        torch.testing.assert_close(loss_of(ours, tokens(9)), loss_of(reference, tokens(9)), **EXACT[dtype])


@pytest.mark.parametrize("options", [{}, {"foreach": True}, {"foreach": False}, {"fused": True}])
def test_the_norm_follows_every_form_of_the_optimizer(options):
    reference, ours, _ = qwen()
    loss_of(ours, tokens()).backward()
    torch.optim.AdamW(ours.parameters(), lr=0.1, **options).step()
    reference.load_state_dict(ours.state_dict())
    assert_same_step(reference, ours)


def test_the_norm_follows_a_base_weight_that_is_trained_too():
    reference, ours, _ = small()
    for model in (reference, ours):
        layers(model)[0].base_layer.weight.requires_grad_(True)
        optimizer = torch.optim.AdamW(model.parameters(), lr=0.1, fused=True)
        for _ in range(3):
            optimizer.zero_grad()
            model(torch.ones(4, 6, dtype=torch.float64)).square().sum().backward()
            optimizer.step()
    torch.testing.assert_close(ours.state_dict(), reference.state_dict(), rtol=1e-9, atol=1e-9)


def test_the_norm_follows_loaded_swapped_and_moved_weights():
    reference, ours, _ = qwen()
    other, _, _ = qwen(init_lora_weights="gaussian")
    assert_same_step(reference, ours)
    for model in (reference, ours):
        model.load_state_dict(other.state_dict())
    assert_same_step(reference, ours)
    for model in (reference, ours):
        for layer in layers(model):
            layer.lora_B["default"].weight.data = layer.lora_B["default"].weight.data * 2
            layer.base_layer.weight.data = layer.base_layer.weight.data * 3
    assert_same_step(reference, ours)
    for model in (reference, ours):
        model.to(torch.float32)
    assert_same_step(reference, ours, torch.float32)


def test_merging_and_saving_stay_those_of_peft(tmp_path):
    reference, ours, _ = qwen()
    assert_same_step(reference, ours)
    for model in (reference, ours):
        model.merge_adapter()
    for expected, found in zip(layers(reference), layers(ours), strict=True):
        assert torch.equal(found.base_layer.weight, expected.base_layer.weight)
    for model in (reference, ours):
        model.unmerge_adapter()
    assert_same_step(reference, ours)
    assert list(ours.state_dict()) == list(reference.state_dict())
    ours.save_pretrained(tmp_path)
    base, _, _ = qwen()
    loaded = PeftModel.from_pretrained(base.unload(), tmp_path)
    assert use_cached_norms(loaded) == SWITCHED
    with torch.no_grad():
        torch.testing.assert_close(loss_of(loaded, tokens()), loss_of(ours.eval(), tokens()))


@pytest.mark.parametrize("checkpointing", [False, True])
def test_one_norm_a_layer_and_step_over_micro_batches(checkpointing):
    _, ours, _ = qwen(lora_dropout=0.3)
    ours.train()
    if checkpointing:
        ours.enable_input_require_grads()
        ours.gradient_checkpointing_enable({"use_reentrant": False})
    optimizer = torch.optim.AdamW(ours.parameters(), lr=1e-3)
    for step in range(3):
        with NormCounter(ours) as counter:
            for micro_batch in range(8):
                ours.train()  # as the trainer does before each
                loss_of(ours, tokens(micro_batch)).backward()
        assert counter.products == SWITCHED
        # Rows of the frozen weights are summed once for ever.
        assert counter.row_norms == (SWITCHED if step == 0 else 0)
        optimizer.step()
        optimizer.zero_grad()


def test_checkpointing_gives_the_same_gradients():
    reference, ours, _ = small(lora_dropout=0.3)
    found = []
    for model, again in ((reference, False), (ours, False), (ours, True)):
        model.zero_grad()
        x = torch.ones(4, 6, dtype=torch.float64, requires_grad=True)
        torch.manual_seed(3)
        out = checkpoint(model, x, use_reentrant=False) if again else model(x)
        out.square().sum().backward()
        found.append({"x": x.grad, **gradients(model)})
        found[-1] = {name: gradient.clone() for name, gradient in found[-1].items()}
    torch.testing.assert_close(found[1], found[0])
    torch.testing.assert_close(found[2], found[0])


def test_a_norm_computed_in_prediction_serves_training():
    reference, ours, _ = qwen()
    with torch.inference_mode():
        loss_of(ours, tokens())
    assert_same_step(reference, ours)


def test_the_norm_is_that_of_the_whole_weight():
    _, ours, _ = small(dtype=torch.float32)
    [layer] = layers(ours)
    a, b = layer.lora_A["default"].weight, layer.lora_B["default"].weight
    holder = layer.lora_magnitude_vector["default"]
    exact = torch.linalg.norm(layer.base_layer.weight.double() + 0.7 * b.double() @ a.double(), dim=1)
    for dtype in (torch.float32, torch.bfloat16):
        weight = layer.base_layer.weight.to(dtype)
        found = weight_norm(holder, weight, a, b, 0.7)
        assert found.dtype == torch.float32
        torch.testing.assert_close(found.double(), exact, rtol=1e-6 if dtype == torch.float32 else 4e-3, atol=0)


@pytest.mark.parametrize("dropout", [0.0, 0.3])
def test_bfloat16_is_as_near_the_truth_as_peft(dropout):
    """Base in bfloat16, adapters in float32, autocast: as the trainer runs on a GPU."""
    torch.manual_seed(0)
    base = nn.Linear(256, 192, bias=True)
    base = base.to(torch.bfloat16)
    x = torch.randn(64, 256).to(torch.bfloat16)
    received = torch.randn(64, 192).to(torch.bfloat16)

    def results(model, x, enabled):
        torch.manual_seed(3)
        x = x.clone().requires_grad_()
        with torch.autocast("cpu", torch.bfloat16, enabled=enabled):
            out = model(x)
        out.backward(received.to(out.dtype))
        return {"out": out, "x": x.grad, **gradients(model)}

    def wrapped(dtype):
        module = Small(True)
        module.projection = copy.deepcopy(base)
        return adapted(module, dtype, target_modules=["projection"], lora_dropout=dropout)

    reference, ours, _ = wrapped(torch.bfloat16)
    exact, _, _ = wrapped(torch.float64)
    for model in (reference, ours):
        model.base_model.model.projection.lora_A.float()
        model.base_model.model.projection.lora_B.float()
        model.base_model.model.projection.lora_magnitude_vector.float()
    exact.load_state_dict({name: value.double() for name, value in reference.state_dict().items()})
    truth, peft, found = results(exact, x.double(), False), results(reference, x, True), results(ours, x, True)
    for name, expected in truth.items():
        size = expected.norm()
        error, of_peft = ((values[name].double() - expected).norm() / size for values in (found, peft))
        assert found[name].dtype == peft[name].dtype
        assert error < 0.01, name
        assert error < 1.2 * of_peft + 1e-4, (name, error, of_peft)


def test_rank_stabilised_scaling():
    reference, ours, _ = qwen(use_rslora=True)
    assert layers(ours)[0].scaling["default"] == pytest.approx(5 / 3**0.5)
    assert_same_step(reference, ours)


def test_other_layers_are_left_alone():
    reference, ours, switched = qwen(use_dora=False)
    assert switched == 0
    assert all(not layer.lora_variant for layer in ours.modules() if hasattr(layer, "lora_variant"))
    torch.testing.assert_close(loss_of(ours, tokens()), loss_of(reference, tokens()))
    _, _, switched = qwen(target_modules=["q_proj", "embed_tokens"])
    assert switched == LAYERS
