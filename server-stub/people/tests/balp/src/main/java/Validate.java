import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.context.support.DefaultProfileValidationSupport;
import ca.uhn.fhir.context.support.IValidationSupport;
import ca.uhn.fhir.validation.FhirValidator;
import ca.uhn.fhir.validation.ResultSeverityEnum;
import ca.uhn.fhir.validation.SingleValidationMessage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.hl7.fhir.common.hapi.validation.support.CommonCodeSystemsTerminologyService;
import org.hl7.fhir.common.hapi.validation.support.InMemoryTerminologyServerValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.PrePopulatedValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.SnapshotGeneratingValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.ValidationSupportChain;
import org.hl7.fhir.common.hapi.validation.validator.FhirInstanceValidator;

/** Judges each line of a file of AuditEvents: `Validate PROFILES LINES`. Prints `ok` or the errors, one line for each. */
public final class Validate {
  public static void main(String[] arguments) throws Exception {
    FhirContext context = FhirContext.forR4();
    PrePopulatedValidationSupport balp = new PrePopulatedValidationSupport(context);
    try (Stream<Path> files = Files.list(Path.of(arguments[0]))) {
      for (Path file : files.sorted().toList()) {
        balp.addResource(context.newJsonParser().parseResource(Files.readString(file)));
      }
    }
    IValidationSupport chain = new ValidationSupportChain(
        balp,
        new DefaultProfileValidationSupport(context),
        new CommonCodeSystemsTerminologyService(context),
        new InMemoryTerminologyServerValidationSupport(context),
        new SnapshotGeneratingValidationSupport(context));
    FhirValidator validator =
        context.newValidator().registerValidatorModule(new FhirInstanceValidator(chain));
    for (String line : Files.readAllLines(Path.of(arguments[1]))) {
      List<SingleValidationMessage> errors = validator.validateWithResult(line).getMessages().stream()
          .filter(message -> message.getSeverity().compareTo(ResultSeverityEnum.ERROR) >= 0)
          .toList();
      StringBuilder said = new StringBuilder(errors.isEmpty() ? "ok" : "refused");
      for (SingleValidationMessage error : errors) {
        said.append(" | ").append(error.getLocationString()).append(": ").append(error.getMessage().replace('\n', ' '));
      }
      System.out.println("VERDICT " + said);
    }
  }
}
