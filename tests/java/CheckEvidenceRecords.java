import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Date;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cms.SignerInformationVerifier;
import org.bouncycastle.cms.jcajce.JcaSimpleSignerInfoVerifierBuilder;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.operator.DigestCalculatorProvider;
import org.bouncycastle.operator.jcajce.JcaDigestCalculatorProviderBuilder;
import org.bouncycastle.tsp.ers.ERSByteData;
import org.bouncycastle.tsp.ers.ERSEvidenceRecord;

/**
 * What BouncyCastle says of evidence records (RFC 4998).
 *
 * <p>The argument is a file with the certificate of the TSA, in DER. Each line of the standard input
 * is a record and a data object, in Base64 with a space between; each line of the output is
 * "accepted", or "refused" with the reason.
 */
final class CheckEvidenceRecords {
    private final SignerInformationVerifier tsa;
    private final DigestCalculatorProvider digests;

    private CheckEvidenceRecords(byte[] certificate) throws Exception {
        X509CertificateHolder holder = new X509CertificateHolder(certificate);
        var provider = new BouncyCastleProvider();
        tsa = new JcaSimpleSignerInfoVerifierBuilder().setProvider(provider).build(holder);
        digests = new JcaDigestCalculatorProviderBuilder().setProvider(provider).build();
    }

    public static void main(String[] arguments) throws Exception {
        var check = new CheckEvidenceRecords(Files.readAllBytes(Path.of(arguments[0])));
        var lines =
                new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            String[] parts = line.split(" ", 2);
            var base64 = Base64.getDecoder();
            System.out.println(check.verdict(base64.decode(parts[0]), base64.decode(parts[1])));
        }
    }

    private String verdict(byte[] record, byte[] data) {
        try {
            var evidence = new ERSEvidenceRecord(new ByteArrayInputStream(record), digests);
            evidence.validatePresent(new ERSByteData(data), new Date());
            evidence.validate(tsa);
            return "accepted";
        } catch (Exception error) {
            // Of a malformed record BouncyCastle throws unchecked exceptions too.
            return "refused " + error.getClass().getSimpleName();
        }
    }
}
