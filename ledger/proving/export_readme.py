"""What whoever receives a whole export reads first."""

from typing import Final

README: Final = """\
İZİN DEFTERİ: DIŞA AKTARILAN KAYITLAR

Bu klasör kişisel veri içerir. SHA256SUMS yoksa aktarma yarıda kalmıştır: kullanmayın.

SHA256SUMS            sha256sum -c SHA256SUMS ; bütün dosyaların özeti
parts/0001.zip …      Olaylar ve kanıtları. Her biri tek başına denetlenir:
                      python verify_bundle.py parts/0001.zip --trust KLASÖR
                      verify_bundle.py yayımlandığı yerden, KLASÖR sizden (izin trust export)
current-MARKA.csv     Her iznin son hâli, İYS'nin api şablonunda
acts-MARKA.csv        Her onay ve ret; part sütunu kanıtının hangi pakette olduğunu söyler
metinler/             Kişilere gösterilen metinler, SHA-256 adıyla
deliller/             Delil dosyaları (yalnız istendiyse), SHA-256'larının başıyla
log/                  Bütün defterin özet karoları ve imzalı kontrol noktası

Başka bir deftere: izin import current-MARKA.csv --brand MARKA
Kayıtlar İYS'de duruyorsa bunu söyleyen kişiyle: --already-registered --declared-by AD
--exported-at AN. Saati bilinmeyen ve İYS üzerinden verilmiş onaylar yalnız böyle alınır.
Tabloyla gitmeyenler: kanıtlar, geçmiş, bekletilen onaylar, deliller, bayiler, şirketin kendi engel
listesi, adresin önceki sahipleri ve İYS'nin bildikleri; hepsi parts/ içindedir. Yeni defter İYS'ye
sormadan hiçbir gönderime izin vermez. Silinen kişilerin adresi hiçbir dosyada yoktur.

İZİN DEFTERİ: EXPORTED RECORDS

This folder holds personal data. Without SHA256SUMS the export was cut off: do not use it.

SHA256SUMS            sha256sum -c SHA256SUMS ; the digests of all files
parts/0001.zip …      The events and their proofs. Each is checked alone:
                      python verify_bundle.py parts/0001.zip --trust FOLDER --lang en
                      verify_bundle.py from where it is published, FOLDER your own
current-BRAND.csv     Where each consent stands, in İYS's api template
acts-BRAND.csv        Every consent and refusal; part tells in which bundle its proof is
metinler/             The texts that people were shown, by SHA-256
deliller/             Pieces of evidence (only if asked for), by the beginning of their SHA-256
log/                  The whole log's hash tiles and its signed checkpoint

Into another ledger: izin import current-BRAND.csv --brand BRAND
Where İYS holds them, with the name of who says so: --already-registered --declared-by NAME
--exported-at TIME. Consents of a day without a time, or given at İYS, are taken only so.
What the table does not carry: proofs, history, held consents, evidence, dealers, the company's own
list, former holders of an address, and what İYS knows; all of it is in parts/. The new ledger
permits nothing before it has asked İYS. The address of whom was erased is in no file.
"""
