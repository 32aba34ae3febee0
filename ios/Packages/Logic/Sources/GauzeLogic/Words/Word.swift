/// Every sentence of the app by name. The sentences are Android's `app/src/main/res/values/strings.xml`, which translators
/// work on and of which `cargo xtask package ios` makes `App/en.lproj/Localizable.strings`. `notKnown` here is `not_known` there.
public enum Word: Sendable, CaseIterable {
    // app
    case appName, next, back, cancel, done, tryAgain, notKnown
    // banner
    case bannerBorn, bannerNhs, bannerChi, bannerHc, bannerLocal, bannerOwn, bannerNobody
    // sites
    case siteNone, sitePlain, siteLeft, siteRight, siteMidline, siteBoth, sideLeft, sideRight, sideMidline, sideBoth
    // enrol
    case enrolTitle, enrolBody, enrolManaged, enrolPaste, enrolPasteHint, enrolScan, enrolStart, enrolWorking,
        enrolSupport, enrolNoSettings, enrolScanOther
    // sign in
    case signinTitle, signinBody, signinStart, signinWorking, signinLater, signinShared
    // notice
    case noticeTitle, noticeVersion, noticeAccept, noticeWait

    case teamTitle, teamBody, teamNow
    // patient
    case patientTitle, patientScan, patientScanning, patientType, patientList, patientListLocked, patientListUnlock,
        patientListEmpty, patientNone, patientNoneConsequence, patientConfirmTitle, patientConfirmMore, patientConfirmed, patientFamily, patientGiven,
        patientBirth, patientNumber, patientNumberOr, patientReason, patientReasonMissing, patientNameMissing, patientBirthWrong,
        patientBirthFuture, patientNumberWrong, patientNumberNeither, patientOther, confirmName, confirmBorn, confirmNhs, confirmChi,
        confirmHc, confirmLocal, bandCheckDigit, bandNotAPatient, bandUnreadable, bandOtherIssuer, bandNeedsName
    // consent
    case consentTitle, consentCare, consentTeaching, consentPublication, consentBy, consentByHint, consentForm,
        consentVerbal, consentShown, consentGo, consentMissingBy, consentMissingScope, consentMissingForm, consentLater
    // body
    case bodyTitle, bodyFront, bodyBack, bodyLeft, bodyRight, bodyFeet, bodyHead, bodyChest, bodyAbdomen, bodyArm,
        bodyHand, bodyThigh, bodyKnee, bodyLowerLeg, bodyFoot, bodyNeck, bodyUpperBack, bodyLowerBack, bodySacrum,
        bodyButtock, bodyHip, bodyHeel, bodyToe, bodySole, bodyAnkle, bodySide, bodyChosen, bodyList, bodyChoose,
        bodyChooseSide
    // wound
    case woundTitle, woundNew, woundFrom, woundLocked, woundUnlock, woundNone, woundSkip
    // camera
    case cameraShoot, cameraTorchOn, cameraTorchOff, cameraGridOn, cameraGridOff, cameraGhost,
        cameraGhostOff, cameraStarting, cameraSealing, cameraSafe, cameraMarkerFound, cameraNotLevel,
        cameraNoPermission, cameraInUse, cameraNoCamera, cameraBroken, cameraNotTaken, cameraFinder, cameraFocus,
        cameraAllow, cameraOutside, cameraOutsideBlocked,
        cameraPosition, cameraPositionAllow, fitGood, fitBlurred, fitDark,
        fitBright
    // check
    case checkTitle, checkKeep, checkAgain, checkAgainConsequence, checkAnother, checkSafe, checkPicture
    // queue
    case queueTitle, queueSend, queueSending, queueEmpty, queueWaiting, queueSent, queueInRecord, queueRefused,
        queueDiscarded, queueTaken, queueRetryAt, queueNext, queueMore, queueSupport, queueNotes,
        queueNotesAllow
    // review
    case reviewTitle, reviewLocked, reviewUnlock, reviewLock, reviewEmpty, reviewOpen, reviewClose, reviewDeclined,
        reviewNotSetUp, reviewLockedOut
    // incident
    case incidentTitle, incidentBody, incidentWrongPatient, incidentWrongPatientDo, incidentSeen, incidentSeenDo,
        incidentNotSent, incidentNotSentDo, incidentPhoneLost, incidentPhoneLostDo, incidentConsent, incidentConsentDo,
        incidentContact, incidentNoContact, incidentDiscard, incidentDiscarded, incidentTell
    // report
    case reportTitle, reportLead, reportKind, reportBreach, reportNearMiss, reportKindMissing, reportWhat, reportWhatHint,
        reportWhose, reportWhoseHint, reportNoticed, reportNow, reportToday, reportYesterday, reportEarlier, reportDay,
        reportDayWrong, reportPhoto, reportNoPhoto, reportSend, reportKept, reportMine, reportWritten, reportWaits, reportSent
    // settings
    case settingsTitle, settingsPhone, settingsDevice, settingsWard, settingsTeam, settingsGateway, settingsPolicy, settingsUnsent,
        settingsDamaged, settingsTrustStale, settingsNotEnrolled, settingsKeysHardware, settingsKeysTee, settingsMay, settingsMayCamera,
        settingsMaySend, settingsMayNot, settingsMayNotGallery, settingsMayNotLocation, settingsMayNotBackup,
        settingsVersion, settingsLicences, settingsLicencesBody, settingsLicencesRead, settingsTeamChange, settingsSignOut, settingsHelp, settingsIncident
    // locked
    case lockedTitle, lockedBody, lockedRevoked, lockedWaiting, lockedReports, lockedSend, lockedContact
    // wiped
    case wipedTitle, wipedBody, wipedEnrol, wipedNothing
    // help
    case helpTitle, helpTake, helpNetwork, helpWifi, helpGallery, helpBattery, helpLost, helpContact
    // home
    case homeQueue, homeReview, homeMore
    // notes
    case notesChannel, notesWaiting, notesNext, notesRefused, notesSending, promptUnlock
    // errors of a kind
    case helpDesk, errorKindTakeAgain, errorKindRetry, errorKindAskIt, errorKindNotPossible, errorKindReport
    // errors by code
    case errorAlreadyEnrolled, errorNoToken, errorNoBundle, errorTlsSetup, errorAnsweredInBetween, errorAnswerInvalid,
        errorNoEntropy, errorConfigurationInvalid, errorGatewayInvalid, errorBundleUntrusted, errorBundleRollback,
        errorMixedRecipients, errorBundleInvalid, errorPolicyInvalid, errorRootChanged, errorGatewayNotInBundle,
        errorRecipientUnknown, errorReviewOff, errorReviewKeyGone, errorLocked, errorDidNotOpen, errorUnreachable,
        errorKeyUnavailable, errorKeyGone, errorKeyNeedsUser, errorKeyStoreFailed, errorStorageFull, errorStorageReadOnly,
        errorStorageDenied, errorTooManyFiles, errorStorageFailed, errorStoreBusy, errorStorageUnprotected,
        errorNotYetUnlocked, errorDamaged, errorReceiptInvalid, errorUnknownPhoto, errorAlreadySent, errorOtherPhoto,
        errorNoPreview, errorNotEnrolled, errorWhatMissing, errorWhatTooLong, errorWhoseTooLong, errorNotText, errorNoticedLater,
        errorTooManyReports, errorPhoneReportInvalid, errorRecordInvalid, errorCertificateAuthorityUnknown, errorCertificateExpired,
        errorCertificateNotYetValid, errorCertificateWrongName, errorCertificateInvalid, errorConnectionCut,
        errorFileUnreadable, errorInvalidToken, errorInvalidDpopProof, errorUseDpopNonce, errorTeamNotListed,
        errorSiteNotListed, errorSideMissing, errorConsentNotListed, errorNoticeNotListed, errorSuspended, errorRevoked,
        errorAttestationOverdue, errorAttestationRefused, errorCertificateRevoked, errorSilent, errorWiped, errorEnrolmentInvalid,
        errorManifestInvalid, errorChainBroken, errorDigestMismatch, errorRecordMismatch, errorPhotoMismatch,
        errorNotJpeg, errorTruncated, errorMalformed, errorTooLarge, errorUnsupported, errorMalformedRequest,
        errorNotFound, errorMethodNotAllowed, errorUnknownTenant, errorSignatureMissing, errorSignatureInvalid,
        errorSignatureExpired, errorReplayed, errorUnknownDevice, errorDeviceRefused, errorTokenInvalid,
        errorTokenExpired, errorTokenUsed, errorChallengeInvalid, errorAppTooOld, errorWrongType, errorWrongDevice,
        errorConflict, errorChainConflict, errorSizeMismatch, errorOffsetConflict, errorTicketUnknown,
        errorTicketExpired, errorTransferBusy, errorQuotaExceeded, errorTooManyRequests, errorCheckpointInvalid,
        errorLogRolledBack, errorLogInconsistent, errorDecisionInvalid, errorUnavailable, errorCoreFailed, errorInternal, errorStopped,
        errorTooManyUnsent,
        errorSignInNeeded, errorOtherPerson, errorSignInOff, errorSignInCancelled, errorSignInNotBegun,
        errorSignInRefused, errorSignInAddress, errorSignInToken, errorSignInTokenTooLarge, errorSignInProvider,
        errorSignInOtherProvider, errorGatewayStorageFull, errorGatewayStorageFailed, errorClosed, errorOutsideFence
    // why the hospital does not accept this phone
    case refusedSerialMissing, refusedSerialOther, refusedSerialUnlisted, refusedSerialStated,
        refusedSerialNotAttested, refusedInventoryMissing, refusedAppUnassessed, refusedAppOld, refusedAppOther,
        refusedKind, refusedHardware, refusedUnlocked, refusedSystem, refusedSystemOld, refusedRolledBack,
        refusedDistrusted, refusedExpired, refusedDate, refusedProof, refusedAttempt, refusedBefore, refusedLater,
        refusedNoAnswer

    /// The name in the resources.
    public var resource: String { snakeCase(String(describing: self)) }
}

/// `notKnown` as `not_known`.
func snakeCase(_ name: String) -> String {
    String(name.flatMap { $0.isUppercase ? ["_"] + Array($0.lowercased()) : [$0] })
}
