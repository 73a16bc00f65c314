"""A package that moto asks of those who use one of its services, said in a sentence."""

from __future__ import annotations

from importlib.metadata import requires

from chalice_offline.core.errors import AwsError


def missing_package(service: str, error: ModuleNotFoundError) -> AwsError:
    """Return the answer to a call that moto cannot take for want of a package.

    moto names what each of its services needs in the extras of its distribution.
    """
    module = (error.name or "").split(".", 1)[0]
    wanted = _wanted(module) or module
    return AwsError(
        "NotImplemented",
        f"{service} is answered by moto, which needs the package {module} for it: "
        f"pip install '{wanted}'. Nothing was changed by this call.",
        status=501,
        sender_fault=False,
    )


def _wanted(module: str) -> str | None:
    """Return the extra of moto that brings `module` and least besides; None when none does."""
    package = module.replace("_", "-").lower()
    brought: dict[str, list[str]] = {}
    for requirement in requires("moto") or ():
        name, _, condition = requirement.partition(";")
        extra = condition.partition('extra == "')[2].partition('"')[0]
        if extra:
            brought.setdefault(extra, []).append(name.replace("_", "-").lower())
    fitting = [
        extra for extra, names in brought.items() if any(name.startswith(package) for name in names)
    ]
    return f"moto[{min(fitting, key=lambda extra: len(brought[extra]))}]" if fitting else None
