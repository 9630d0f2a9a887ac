// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.command;

import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** What {@code --version} says in every program: its name, and the version that the build gave all modules. */
public final class BuildVersion implements IVersionProvider {
    @Spec
    private CommandSpec command;

    /** Made by picocli. */
    public BuildVersion() {
    }

    /** {@return the version in the manifest of this class's jar, or {@code development} where it comes from no jar} */
    public static String text() {
        String version = BuildVersion.class.getPackage().getImplementationVersion();
        return version == null ? "development" : version;
    }

    @Override
    public String[] getVersion() {
        return new String[]{command.root().name() + " " + text()};
    }
}
