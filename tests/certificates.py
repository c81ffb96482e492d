"""Certificates made for a test: an authority of its own, and what it, or nobody, vouches for."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID


def certify(folder: Path, hosts: list[str], *, ends: timedelta, known: bool) -> Path:
    """Write a throwaway authority (ca.pem); return the path of a certificate for `hosts` with its key.

    The certificate expires `ends` from now; it is signed by the authority where that is to be `known`, else by itself.
    """
    now = datetime.now(UTC)
    authority_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    authority_name, name = (
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])
        for text in ("Test authority", "Test publisher")
    )

    def certificate(
        subject: x509.Name,
        public_key: ec.EllipticCurvePublicKey,
        *,
        by: x509.Name,
        signer: ec.EllipticCurvePrivateKey,
        ends: timedelta = timedelta(days=1),
    ) -> x509.CertificateBuilder:
        identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
        return (
            x509.CertificateBuilder(by, subject, public_key, x509.random_serial_number())
            .not_valid_before(now - timedelta(days=2))
            .not_valid_after(now + ends)
            .add_extension(identifier, critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        )

    usage = x509.KeyUsage(True, False, False, False, False, True, True, False, False)
    authority = (
        certificate(authority_name, authority_key.public_key(), by=authority_name, signer=authority_key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .sign(authority_key, hashes.SHA256())
    )
    by, signer = (authority_name, authority_key) if known else (name, key)
    leaf = (
        certificate(name, key.public_key(), by=by, signer=signer, ends=ends)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host) for host in hosts]), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(signer, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (folder / "ca.pem").write_bytes(authority.public_bytes(pem))
    plain = serialization.NoEncryption()
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain)
    (folder / "publisher.pem").write_bytes(private + leaf.public_bytes(pem))
    return folder / "publisher.pem"
