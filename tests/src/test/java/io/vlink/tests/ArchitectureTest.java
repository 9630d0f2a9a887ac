// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.assignableTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.nameMatching;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.GeneralCodingRules.ACCESS_STANDARD_STREAMS;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaConstructor;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Who may use whom, and what a burst may do, as rules over the compiled classes. */
@AnalyzeClasses(packages = "io.vlink", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
    private static final String JAVA = "java..";

    // What a burst calls outside the packages of the rings.
    private static final Set<String> BURST_CLASSES = Set.of("io.vlink.hostpmd.HostChannel",
            "io.vlink.hostpmd.LinkBuffers", "io.vlink.hostpmd.ChannelCounters", "io.vlink.hostpmd.HostSide",
            "io.vlink.hostpmd.BondQueue", "io.vlink.guest.GuestSide", "io.vlink.traffic.echo.EchoQueue",
            "io.vlink.traffic.echo.MacSwap", "io.vlink.traffic.pktgen.TrafficLoop",
            "io.vlink.traffic.pktgen.PortTraffic", "io.vlink.traffic.pktgen.QueueTraffic",
            "io.vlink.traffic.pktgen.StreamState", "io.vlink.traffic.frame.UdpFrame",
            "io.vlink.traffic.frame.FrameChecker", "io.vlink.traffic.frame.PatternCursor");

    // Everything that runs once per burst: the packages of the rings, whatever offers a burst, and what a burst calls.
    private static final DescribedPredicate<JavaClass> DATA_PATH = resideInAnyPackage("io.vlink.infra.ring",
            "io.vlink.infra.pool", "io.vlink.infra.translation", "io.vlink.infra.lane")
            .or(describe("offer a burst", ArchitectureTest::offersBurst))
            .or(describe("are listed", type -> BURST_CLASSES.contains(type.getName())))
            .as("on the data path");

    private static final DescribedPredicate<JavaClass> ALLOCATING = resideInAnyPackage("org.slf4j..", "ch.qos..",
            "java.util.logging..", "java.util.stream..", "java.util.concurrent", "net.openhft..")
            .or(assignableTo(Collection.class)).or(assignableTo(Map.class)).or(assignableTo(Optional.class))
            .as("that log, allocate or hide work");

    @ArchTest
    static final ArchRule SPEC_DEPENDS_ON_NOTHING = classes().that().resideInAPackage("io.vlink.spec..").should()
            .onlyDependOnClassesThat().resideInAnyPackage("io.vlink.spec..", JAVA);

    @ArchTest
    static final ArchRule LINK_CONFIG_STANDS_ON_SPEC = classes().that().resideInAPackage("io.vlink.linkconfig..")
            .should()
            .onlyDependOnClassesThat().resideInAnyPackage("io.vlink.linkconfig..", "io.vlink.spec..", JAVA);

    @ArchTest
    static final ArchRule INFRA_STANDS_ON_SPEC = noClasses().that().resideInAPackage("io.vlink.infra..").should()
            .dependOnClassesThat(resideInAPackage("io.vlink..")
                    .and(DescribedPredicate.not(resideInAnyPackage("io.vlink.infra..", "io.vlink.spec.."))));

    @ArchTest
    static final ArchRule AGENT_KNOWS_NEITHER_DRIVER_NOR_GUEST = noClasses().that().resideInAPackage("io.vlink.agent..")
            .should().dependOnClassesThat()
            .resideInAnyPackage("io.vlink.hostpmd..", "io.vlink.guest..", "io.vlink.traffic..", "io.vlink.tests..");

    @ArchTest
    static final ArchRule PROGRAMS_ARE_WRITTEN_FOR_EITHER_SIDE = noClasses().that()
            .resideInAPackage("io.vlink.traffic..").should()
            .dependOnClassesThat(resideInAPackage("io.vlink..").and(DescribedPredicate
                    .not(resideInAnyPackage("io.vlink.traffic..", "io.vlink.infra..", "io.vlink.spec.."))));

    @ArchTest
    static final ArchRule DRIVER_KNOWS_NEITHER_AGENT_NOR_GUEST = noClasses().that()
            .resideInAPackage("io.vlink.hostpmd..")
            .should().dependOnClassesThat()
            .resideInAnyPackage("io.vlink.agent..", "io.vlink.guest..", "io.vlink.tests..");

    @ArchTest
    static final ArchRule GUEST_KNOWS_NEITHER_AGENT_NOR_DRIVER = noClasses().that().resideInAPackage("io.vlink.guest..")
            .should().dependOnClassesThat()
            .resideInAnyPackage("io.vlink.agent..", "io.vlink.hostpmd..", "io.vlink.tests..");

    @ArchTest
    static final ArchRule GUEST_IS_SMALL = noClasses().that()
            .resideInAnyPackage("io.vlink.guest..", "io.vlink.traffic..").should().dependOnClassesThat()
            .resideInAnyPackage("net.openhft..", "jnr..", "io.vlink.infra.control..", "ch.qos..")
            .because("it travels with its own runtime and starts inside small guests");

    @ArchTest
    static final ArchRule ONLY_OS_LEAVES_JAVA = noClasses().that().resideOutsideOfPackage("io.vlink.infra.os").should()
            .dependOnClassesThat().belongToAnyOf(Linker.class, SymbolLookup.class).orShould()
            .callMethodWhere(describe("reinterpret memory", call -> call.getName().equals("reinterpret")
                    && call.getTargetOwner().isAssignableTo(MemorySegment.class)))
            .orShould().dependOnClassesThat().resideInAnyPackage("sun..", "jdk.internal..");

    @ArchTest
    static final ArchRule ONLY_CONTROL_USES_CHRONICLE = noClasses().that()
            .resideOutsideOfPackage("io.vlink.infra.control")
            .should().dependOnClassesThat().resideInAPackage("net.openhft..")
            .because("its bounds checks are not to be relied on over memory that a peer can write");

    // Constructors run once: there a list is fine.
    @ArchTest
    static final ArchRule BURSTS_DO_NOT_LOG_OR_ALLOCATE = noClasses().that(DATA_PATH).should()
            .accessTargetWhere(
                    describe("logs, allocates or hides work", access -> ALLOCATING.test(access.getTargetOwner())
                            && !(access.getOrigin() instanceof JavaConstructor)));

    @ArchTest
    static void listedBurstClassesExist(JavaClasses classes) {
        assertThat(BURST_CLASSES).allMatch(classes::contain);
    }

    @ArchTest
    static final ArchRule BURSTS_DO_NOT_FORMAT = noClasses().that(DATA_PATH).should()
            .callMethodWhere(describe("format text", call -> call.getName().matches("format|formatted|printf")));

    @ArchTest
    static final ArchRule DEVICE_KNOWS_NO_PROTOCOL = noClasses().that().resideInAPackage("io.vlink.agent.device..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("io.vlink.infra.vfiouser..", "io.vlink.spec.vfiouser..", "io.vlink.agent.vfiouser..",
                    "io.vlink.infra.control..", "io.vlink.spec.control..");

    @ArchTest
    static final ArchRule ONLY_PROGRAMS_PRINT = noClasses()
            .that(DescribedPredicate.not(resideInAnyPackage("io.vlink.tests..", "..command..", "..tools..", "..demo..")
                    .or(nameMatching(".*Main(\\$.*)?"))))
            .should(ACCESS_STANDARD_STREAMS);

    // The time in a line of a log is for people. (Loggers read it themselves; the keeper has none.)
    private static final DescribedPredicate<JavaClass> WRITES_A_LOG = describe("write a log",
            type -> type.getName().equals("io.vlink.agent.keeper.KeeperMain"));

    @ArchTest
    static final ArchRule NOTHING_DEPENDS_ON_THE_WALL_CLOCK = noClasses()
            .that(DescribedPredicate.not(resideInAPackage("io.vlink.tests..").or(WRITES_A_LOG)))
            .should()
            .accessTargetWhere(describe("read the wall clock",
                    access -> isWallClock(access.getTargetOwner(), access.getName())))
            .orShould().dependOnClassesThat().haveFullyQualifiedName("java.util.Date")
            .because("somebody may step it by an hour: System.nanoTime() goes on");

    private static boolean isWallClock(JavaClass owner, String method) {
        return switch (owner.getName()) {
            case "java.lang.System" -> method.equals("currentTimeMillis");
            case "java.util.concurrent.locks.LockSupport" -> method.equals("parkUntil");
            case "java.util.Calendar", "java.util.GregorianCalendar", "java.util.Timer" -> true;
            case "java.io.File" -> method.equals("lastModified");
            case "java.nio.file.Files" -> method.equals("getLastModifiedTime");
            case "java.lang.ProcessHandle$Info" -> method.equals("startInstant");
            default -> owner.getPackageName().startsWith("java.time") && method.matches("now|system.*|tick.*");
        };
    }

    @ArchTest
    static final ArchRule PACKAGES_OF_INFRA_HAVE_NO_CYCLES = slices().matching("io.vlink.infra.(*)..").should()
            .beFreeOfCycles();

    @ArchTest
    static final ArchRule PACKAGES_OF_PROGRAMS_HAVE_NO_CYCLES = slices()
            .matching("io.vlink.(agent|hostpmd|guest|traffic).(**)")
            .should().beFreeOfCycles();

    private static boolean offersBurst(JavaClass type) {
        return type.getMethods().stream().anyMatch(method -> method.getName().matches("(rx|tx)Burst"));
    }
}
