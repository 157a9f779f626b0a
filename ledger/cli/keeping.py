"""Commands that write: providers and brands."""

import typer

from ledger.cli.context import ACTOR, CODE_MAX, current, reason_code, words
from ledger.store.providers import ProviderDetails
from ledger.vocabulary import BrandCode, IysCode

provider_app = typer.Typer(help="Hizmet sağlayıcılar / service providers.", no_args_is_help=True)
brand_app = typer.Typer(help="Markalar / brands.", no_args_is_help=True)

IYS_CODE = typer.Option(
    ..., "--iys-code", min=1, max=CODE_MAX, help="İYS numarası / number at İYS."
)


def register(app: typer.Typer) -> None:
    """Hang the commands on the tree."""
    app.add_typer(provider_app, name="provider")
    app.add_typer(brand_app, name="brand")


@provider_app.command("add")
def provider_add(
    iys_code: int = IYS_CODE,
    title: str = typer.Option(..., help="Unvan / company name."),
    mersis: str | None = typer.Option(None, help="MERSİS no."),
    vkn: str | None = typer.Option(None, help="VKN."),
    kep: str | None = typer.Option(None, help="KEP."),
    address: str | None = typer.Option(None, help="Adres / address."),
) -> None:
    """Hizmet sağlayıcıyı ekler ve defterini açar / adds a provider and opens its ledger."""
    context = current()
    wanted = words(title, "--title")
    details = ProviderDetails(wanted, mersis, vkn, kep, address)
    with context.home() as home:
        provider = home.add_provider(IysCode(iys_code), details, actor=ACTOR)
    context.output.say(
        f"{provider.title} ({iys_code}) kayıtlı. Defter: {provider.log_origin}",
        f"{provider.title} ({iys_code}) is kept. Log: {provider.log_origin}",
    )
    if provider.title != wanted:
        context.output.complain(
            "Sağlayıcı daha önce eklenmişti; bilgileri değiştirilmedi.",
            "The provider was added before; its details were not changed.",
        )
    members = {"iysCode": iys_code, "title": provider.title, "log": provider.log_origin}
    context.output.answer(dict(members))


@provider_app.command("list")
def provider_list() -> None:
    """Hizmet sağlayıcıları sayar / lists the providers."""
    context = current()
    with context.home() as home:
        providers = home.providers.all()
    for one in providers:
        context.output.say(f"{one.iys_code}\t{one.title}", f"{one.iys_code}\t{one.title}")
    listed = [{"iysCode": one.iys_code, "title": one.title} for one in providers]
    context.output.answer({"providers": listed})


@brand_app.command("add")
def brand_add(
    iys_code: int = IYS_CODE,
    brand: int = typer.Option(..., min=1, max=CODE_MAX, help="Marka kodu / brand code."),
    name: str = typer.Option(..., help="Marka adı / brand name."),
) -> None:
    """Marka ekler / adds a brand."""
    context = current()
    with context.home() as home:
        kept = home.add_brand(
            IysCode(iys_code), BrandCode(brand), words(name, "--name"), actor=ACTOR
        )
    context.output.say(f"{kept.name} ({brand}) kayıtlı.", f"{kept.name} ({brand}) is kept.")
    context.output.answer({"iysCode": iys_code, "brandCode": brand, "name": kept.name})


@brand_app.command("close")
def brand_close(
    brand: int = typer.Option(..., min=1, max=CODE_MAX, help="Marka kodu / brand code."),
    reason: str = typer.Option(..., help="Neden kodu / a code: SOLD, ENDED, …"),
) -> None:
    """Markayı kapatır: artık hiçbir ileti gönderilemez / closes a brand: nothing may be sent."""
    context, code = current(), reason_code(reason)
    with context.home() as home:
        kept, _ = context.brand(home, brand, None)
        closed = home.close_brand(kept, reason=code, actor=ACTOR)
    if kept.closed:
        context.output.say(f"{closed.name} ({brand}) zaten kapalıydı.", "It was closed before.")
    else:
        context.output.say(f"{closed.name} ({brand}) kapatıldı.", f"{closed.name} is closed.")
    context.output.answer({"iysCode": closed.iys_code, "brandCode": brand, "closed": closed.closed})


@brand_app.command("list")
def brand_list() -> None:
    """Markaları sayar / lists the brands."""
    context = current()
    with context.home() as home:
        brands = home.providers.brands()
    for one in brands:
        line = f"{one.iys_code}\t{one.brand_code}\t{one.name}"
        closed = ("\tkapalı", "\tclosed") if one.closed else ("", "")
        context.output.say(line + closed[0], line + closed[1])
    listed = [
        {
            "iysCode": one.iys_code,
            "brandCode": one.brand_code,
            "name": one.name,
            "closed": one.closed,
        }
        for one in brands
    ]
    context.output.answer({"brands": listed})
